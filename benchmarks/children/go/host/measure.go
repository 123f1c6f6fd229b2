package main

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"../echo"
)

const streamed = 5000

func after(seconds float64) time.Time {
	return time.Now().Add(time.Duration(seconds * float64(time.Second)))
}

// sequential returns p50 and p99 in microseconds.
func (h *host) sequential(seconds float64) ([]float64, error) {
	small := echo.Small()
	for until := after(seconds / 10); time.Now().Before(until); {
		if _, err := h.standing.echo.Echo(small); err != nil {
			return nil, err
		}
	}
	var taken []time.Duration
	until := after(seconds)
	for before := time.Now(); before.Before(until); {
		if _, err := h.standing.echo.Echo(small); err != nil {
			return nil, err
		}
		now := time.Now()
		taken = append(taken, now.Sub(before))
		before = now
	}
	sort.Slice(taken, func(a, b int) bool { return taken[a] < taken[b] })
	micros := func(share float64) float64 {
		return float64(taken[int(float64(len(taken))*share)].Nanoseconds()) / 1e3
	}
	return []float64{micros(0.5), micros(0.99)}, nil
}

// pipelined returns calls per second.
func (h *host) pipelined(inFlight int, seconds float64) ([]float64, error) {
	if _, err := h.keepBusy(inFlight, seconds/10); err != nil {
		return nil, err
	}
	began := time.Now()
	calls, err := h.keepBusy(inFlight, seconds)
	return []float64{float64(calls) / time.Since(began).Seconds()}, err
}

func (h *host) keepBusy(inFlight int, seconds float64) (int64, error) {
	var calls int64
	var all sync.WaitGroup
	var failed atomic.Value
	small := echo.Small()
	until := after(seconds)
	for i := 0; i < inFlight; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Now().Before(until) {
				if _, err := h.standing.echo.Echo(small); err != nil {
					failed.Store(err)
					return
				}
				atomic.AddInt64(&calls, 1)
			}
		}()
	}
	all.Wait()
	if err, ok := failed.Load().(error); ok {
		return 0, err
	}
	return calls, nil
}

// payload returns megabytes per second, counted one way.
func (h *host) payload(bytes int, seconds float64) ([]float64, error) {
	value := &echo.Value{Text: strings.Repeat("x", bytes)}
	if _, err := h.standing.echo.Echo(value); err != nil {
		return nil, err
	}
	calls := 0
	began := time.Now()
	for until := after(seconds); calls == 0 || time.Now().Before(until); calls++ {
		answer, err := h.standing.echo.Echo(value)
		if err != nil {
			return nil, err
		}
		if len(answer.Text) != bytes {
			return nil, fmt.Errorf("%d bytes came back instead of %d", len(answer.Text), bytes)
		}
	}
	return []float64{float64(calls*bytes) / time.Since(began).Seconds() / 1e6}, nil
}

// stream returns items per second.
func (h *host) stream(seconds float64) ([]float64, error) {
	items := 0
	began := time.Now()
	for until := after(seconds); items == 0 || time.Now().Before(until); {
		came, err := h.standing.echo.Count(streamed)
		if err != nil {
			return nil, err
		}
		items += came
	}
	return []float64{float64(items) / time.Since(began).Seconds()}, nil
}

// start returns milliseconds until all have answered; they run on until `stop`.
func (h *host) start(count int) (reply, error) {
	endAll(h.started)
	h.started = nil
	began := time.Now()
	children, err := launchMany(count, h.program, h.protocol)
	if err != nil {
		return reply{}, err
	}
	took := time.Since(began)
	h.started = children
	pids := make([]int, count)
	for i, one := range children {
		pids[i] = one.pid()
	}
	return reply{Figures: []float64{float64(took.Microseconds()) / 1e3}, Pids: pids}, nil
}
