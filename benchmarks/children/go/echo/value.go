// Package echo is what host and plugin agree on: the value that is echoed, and how each protocol carries it.
package echo

import (
	"context"

	"github.com/golang/protobuf/proto"
	"github.com/hashicorp/go-plugin"
)

// Name is what the plugin is dispensed by.
const Name = "echo"

// Handshake is compared by both sides before they speak.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "PLUGHOST_BENCHMARK",
	MagicCookieValue: "echo",
}

// Plugins serves both protocols; the host chooses one.
var Plugins = plugin.PluginSet{Name: &Plugin{}}

// Plugin is both of go-plugin's kinds in one.
type Plugin struct{}

// Client is what the host measures.
type Client interface {
	Echo(value *Value) (*Value, error)
	// Count streams as many values; it returns how many came.
	Count(items int32) (int, error)
}

// Value is the small object of the other contestants; Text is the payload, empty but for payload rows. The
// tags are what protobuf goes by; the gob of net/rpc ignores them.
type Value struct {
	Id    int32    `protobuf:"varint,1,opt,name=id,proto3"`
	Name  string   `protobuf:"bytes,2,opt,name=name,proto3"`
	Tags  []string `protobuf:"bytes,3,rep,name=tags,proto3"`
	Share float64  `protobuf:"fixed64,4,opt,name=share,proto3"`
	Text  string   `protobuf:"bytes,5,opt,name=text,proto3"`
}

// Reset is asked for by protobuf.
func (v *Value) Reset() { *v = Value{} }

// String is asked for by protobuf.
func (v *Value) String() string { return proto.CompactTextString(v) }

// ProtoMessage is asked for by protobuf.
func (*Value) ProtoMessage() {}

// Small returns what every small call carries.
func Small() *Value {
	return &Value{Id: 7, Name: "echo", Tags: []string{"a", "b"}, Share: 0.5}
}

type server interface {
	echo(context.Context, *Value) (*Value, error)
}

type echoServer struct{}

func (echoServer) echo(_ context.Context, value *Value) (*Value, error) { return value, nil }
