// The host of both go-plugin contestants: it measures itself. Arguments: the plugin's program, the protocol.
// Each line on stdin asks for one measurement, as `benchmarks/driver.py` describes; each is answered by one
// line of JSON on stdout. The end of stdin is the end of it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

type reply struct {
	Figures []float64 `json:"figures,omitempty"`
	Pids    []int     `json:"pids,omitempty"`
	Absent  string    `json:"absent,omitempty"`
	Failed  string    `json:"failed,omitempty"`
}

type host struct {
	program, protocol string
	standing          *child
	started           []*child
}

func main() {
	h := &host{program: os.Args[1], protocol: os.Args[2]}
	var err error
	if h.standing, err = launch(h.program, h.protocol); err != nil {
		say(reply{Failed: err.Error()})
		os.Exit(1)
	}
	say(reply{Pids: []int{h.standing.pid()}})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answer, err := h.measure(strings.Fields(lines.Text()))
		if err != nil {
			answer = reply{Failed: err.Error()}
		}
		say(answer)
	}
	endAll(append(h.started, h.standing))
}

// measure takes `NAME SECONDS COUNT`.
func (h *host) measure(words []string) (reply, error) {
	if len(words) != 3 {
		return reply{}, fmt.Errorf("not NAME SECONDS COUNT: %q", words)
	}
	seconds, err := strconv.ParseFloat(words[1], 64)
	if err != nil {
		return reply{}, err
	}
	count, err := strconv.Atoi(words[2])
	if err != nil {
		return reply{}, err
	}
	var figures []float64
	switch words[0] {
	case "sequential":
		figures, err = h.sequential(seconds)
	case "pipelined":
		figures, err = h.pipelined(count, seconds)
	case "payload":
		figures, err = h.payload(count, seconds)
	case "stream":
		if h.protocol == "netrpc" {
			return reply{Absent: "net/rpc has no streams"}, nil
		}
		figures, err = h.stream(seconds)
	case "start":
		return h.start(count)
	case "stop":
		endAll(h.started)
		h.started = nil
	default:
		return reply{Absent: "not written for this contestant"}, nil
	}
	return reply{Figures: figures}, err
}

func say(answer reply) {
	line, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
