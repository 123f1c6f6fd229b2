package main

import (
	"os/exec"
	"sync"

	"../echo"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
)

// child is one running plugin.
type child struct {
	client *plugin.Client
	echo   echo.Client
}

// launch starts a plugin and connects to it.
func launch(program, protocol string) (*child, error) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  echo.Handshake,
		Plugins:          echo.Plugins,
		Cmd:              exec.Command(program, protocol),
		AllowedProtocols: []plugin.Protocol{plugin.Protocol(protocol)},
		Logger:           hclog.NewNullLogger(),
	})
	connection, err := client.Client()
	if err != nil {
		client.Kill()
		return nil, err
	}
	dispensed, err := connection.Dispense(echo.Name)
	if err != nil {
		client.Kill()
		return nil, err
	}
	return &child{client, dispensed.(echo.Client)}, nil
}

func (c *child) pid() int { return c.client.ReattachConfig().Pid }

// launchMany starts plugins side by side, each until it has answered a call.
func launchMany(count int, program, protocol string) ([]*child, error) {
	var all sync.WaitGroup
	children := make([]*child, count)
	failures := make([]error, count)
	for i := range children {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			if children[i], failures[i] = launch(program, protocol); failures[i] == nil {
				_, failures[i] = children[i].echo.Echo(echo.Small())
			}
		}(i)
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			endAll(children)
			return nil, err
		}
	}
	return children, nil
}

func endAll(children []*child) {
	var all sync.WaitGroup
	for _, one := range children {
		if one != nil {
			all.Add(1)
			go func(one *child) {
				defer all.Done()
				one.client.Kill()
			}(one)
		}
	}
	all.Wait()
}
