package echo

import (
	"context"
	"io"
	"math"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// The service that `protoc` would write for these two methods, registered by hand.
var service = grpc.ServiceDesc{
	ServiceName: "bench.Echo",
	HandlerType: (*server)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Echo", Handler: handleEcho}},
	Streams:     []grpc.StreamDesc{{StreamName: "Count", Handler: handleCount, ServerStreams: true}},
}

// NewGRPCServer takes messages of any size, as go-plugin's clients do.
func NewGRPCServer(options []grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))...)
}

// GRPCServer is go-plugin's side of the plugin, over gRPC.
func (Plugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	s.RegisterService(&service, echoServer{})
	return nil
}

// GRPCClient is go-plugin's side of the host, over gRPC.
func (Plugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return &grpcClient{conn}, nil
}

func handleEcho(
	s interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor,
) (interface{}, error) {
	value := &Value{}
	if err := decode(value); err != nil {
		return nil, err
	}
	return s.(server).echo(ctx, value)
}

func handleCount(_ interface{}, stream grpc.ServerStream) error {
	asked := &Value{}
	if err := stream.RecvMsg(asked); err != nil {
		return err
	}
	for i := int32(0); i < asked.Id; i++ {
		if err := stream.SendMsg(&Value{Id: i}); err != nil {
			return err
		}
	}
	return nil
}

type grpcClient struct{ conn *grpc.ClientConn }

func (c *grpcClient) Echo(value *Value) (*Value, error) {
	answer := &Value{}
	err := c.conn.Invoke(context.Background(), "/bench.Echo/Echo", value, answer)
	return answer, err
}

func (c *grpcClient) Count(items int32) (int, error) {
	stream, err := c.conn.NewStream(context.Background(), &service.Streams[0], "/bench.Echo/Count")
	if err != nil {
		return 0, err
	}
	if err := stream.SendMsg(&Value{Id: items}); err != nil {
		return 0, err
	}
	if err := stream.CloseSend(); err != nil {
		return 0, err
	}
	for came := 0; ; came++ {
		switch err := stream.RecvMsg(&Value{}); err {
		case nil:
		case io.EOF:
			return came, nil
		default:
			return came, err
		}
	}
}
