"""Can't be imported: a syntax error."""

# In a text, because tools that read this repository would stumble over it otherwise.
exec(compile("class Broken(Plugin:\n    pass\n", __file__, "exec"))
