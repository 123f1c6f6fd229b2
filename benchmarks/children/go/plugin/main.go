// The plugin of both go-plugin contestants. Its only argument is the protocol that it serves.
package main

import (
	"os"

	"../echo"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
)

func main() {
	config := &plugin.ServeConfig{
		HandshakeConfig: echo.Handshake,
		Plugins:         echo.Plugins,
		Logger:          hclog.NewNullLogger(),
	}
	if len(os.Args) > 1 && os.Args[1] == string(plugin.ProtocolGRPC) {
		config.GRPCServer = echo.NewGRPCServer
	}
	plugin.Serve(config)
}
