"""The words of JSON Schema 2020-12 that a configuration's schema may use, and hints for those it may not."""

from typing import Final

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
OLDER_DIALECTS: Final = (
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft-07/schema",
)
"""Read as 2020-12: what they have that it has not is told as an unknown keyword."""

TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")

TABLES_OF_SCHEMAS: Final = frozenset({"patternProperties", "$defs", "dependentSchemas"})
LISTS_OF_SCHEMAS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SCHEMA_WORDS: Final = frozenset(
    {
        "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else",
        "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip

KEYWORDS: Final = (
    TABLES_OF_SCHEMAS
    | LISTS_OF_SCHEMAS
    | SCHEMA_WORDS
    | frozenset(
        {
            "$schema", "$ref", "$comment", "title", "description", "default", "deprecated", "readOnly",
            "writeOnly", "examples", "type", "enum", "const", "properties", "required", "dependentRequired",
            "minProperties", "maxProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
            "multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems",
            "uniqueItems", "minContains", "maxContains", "contentEncoding", "contentMediaType",
        }
    )
)  # fmt: skip
"""Keywords beginning with `x-` are understood by whoever knows them: here, `x-secret` and `x-restart`."""

FORMATS: Final = (
    "date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "regex",
    "json-pointer",
)  # fmt: skip

HINTS: Final = {
    "definitions": "$defs, and #/$defs/ in references",
    "dependencies": "dependentRequired or dependentSchemas",
    "additionalItems": "items, beside prefixItems",
    "$id": "nothing: a schema stands for itself; refer to its parts with #/$defs/",
    "id": "nothing: a schema stands for itself; refer to its parts with #/$defs/",
    "$anchor": "#/$defs/ in references",
    "$dynamicRef": "$ref with #/$defs/",
    "$dynamicAnchor": "#/$defs/ in references",
    "$recursiveRef": "$ref with #/$defs/",
    "secret": "writeOnly or x-secret",
    "help": "description",
    "name": "title",
    "label": "a text",
    "options": "enum",
    "choices": "enum",
    "min": "minimum, or minLength for a text",
    "max": "maximum, or maxLength for a text",
    "regex": "pattern",
}
"""Words of other drafts and tools, and what is written in their place."""
