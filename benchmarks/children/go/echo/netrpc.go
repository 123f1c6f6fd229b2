package echo

import (
	"errors"
	"net/rpc"

	"github.com/hashicorp/go-plugin"
)

// Server is go-plugin's side of the plugin, over net/rpc.
func (Plugin) Server(*plugin.MuxBroker) (interface{}, error) { return &netrpcServer{}, nil }

// Client is go-plugin's side of the host, over net/rpc.
func (Plugin) Client(_ *plugin.MuxBroker, client *rpc.Client) (interface{}, error) {
	return &netrpcClient{client}, nil
}

type netrpcServer struct{}

// Echo answers with what it was given.
func (*netrpcServer) Echo(value *Value, answer *Value) error {
	*answer = *value
	return nil
}

type netrpcClient struct{ client *rpc.Client }

func (c *netrpcClient) Echo(value *Value) (*Value, error) {
	answer := &Value{}
	err := c.client.Call("Plugin.Echo", value, answer)
	return answer, err
}

func (*netrpcClient) Count(int32) (int, error) {
	return 0, errors.New("net/rpc has no streams")
}
