// main.go: Go's context, measured for the benchmark of GCtx
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// gctx-bench-go NAME SIZE sets up one case, says "ready", and answers every
// line on its standard input with nanoseconds per operation.
//
// It is written as Go programs and Go's own benchmarks are: a cancel function
// kept for each request and called when it is over, no goroutine for a
// request, keys of types of their own, the collector and GOMAXPROCS as they
// come.
package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"strconv"
	"time"
)

const (
	inFlight  = 1000
	roundTime = 8 * time.Millisecond
)

type (
	userKey    struct{}
	attemptKey struct{}

	// As net/http does it.
	contextKey struct{ name string }
)

var users = []string{
	"anna", "bela", "chloe", "dana", "emil", "farid", "goran", "hana",
	"ines", "jonas", "kofi", "lena", "mei", "nadia", "omar", "petra",
}

// What was read goes here: the compiler can't leave the reading out.
var (
	sinkBool   bool
	sinkInt    int
	sinkString string
)

// server has requests in flight, which end in an order of their own.
type server struct {
	parent   context.Context
	cancel   context.CancelFunc
	contexts []context.Context
	cancels  []context.CancelFunc
	order    []int
	timeouts []time.Duration
	others   []context.CancelFunc
}

func newServer() *server {
	s := &server{
		contexts: make([]context.Context, inFlight),
		cancels:  make([]context.CancelFunc, inFlight),
		order:    rand.New(rand.NewSource(inFlight)).Perm(inFlight),
		timeouts: shuffledTimeouts(inFlight),
	}
	s.parent, s.cancel = context.WithCancel(context.Background())

	return s
}

// shuffledTimeouts returns n different ones between 30 and 60 seconds.
func shuffledTimeouts(n int) []time.Duration {
	timeouts := make([]time.Duration, n)
	for i, at := range rand.New(rand.NewSource(int64(n))).Perm(n) {
		timeouts[i] = 30*time.Second + 30*time.Second/time.Duration(n)*time.Duration(at)
	}

	return timeouts
}

func (s *server) addOthers(n int) {
	for _, timeout := range shuffledTimeouts(n) {
		_, cancel := context.WithTimeout(s.parent, timeout)
		s.others = append(s.others, cancel)
	}
}

func (s *server) endAll() {
	for _, i := range s.order {
		s.cancels[i]()
	}
}

// batched returns what runs one round: as many batches as fill it. How many
// that is, it finds out here.
func batched(batch func()) func() float64 {
	timed := func(n int) time.Duration {
		start := time.Now()
		for i := 0; i < n; i++ {
			batch()
		}

		return time.Since(start)
	}

	n := 1
	timed(n)
	for elapsed := timed(n); elapsed < roundTime; elapsed = timed(n) {
		if elapsed >= roundTime/8 {
			n = int(time.Duration(n)*roundTime/elapsed) + 1
			break
		}
		n *= 2
	}

	return func() float64 {
		return float64(timed(n).Nanoseconds()) / float64(n*inFlight)
	}
}

func scope(size int) func() float64 {
	s := newServer()

	return batched(func() {
		for i := range s.cancels {
			s.contexts[i], s.cancels[i] = context.WithCancel(s.parent)
		}
		s.endAll()
	})
}

func timeout(size int) func() float64 {
	s := newServer()
	s.addOthers(size)

	return batched(func() {
		for i := range s.cancels {
			s.contexts[i], s.cancels[i] = context.WithTimeout(s.parent, s.timeouts[i])
		}
		s.endAll()
	})
}

func value(size int) func() float64 {
	s := newServer()

	return batched(func() {
		for i := range s.contexts {
			s.contexts[i] = context.WithValue(s.parent, attemptKey{}, i)
		}
	})
}

func tenValues(size int) func() float64 {
	s := newServer()
	keys := make([]*contextKey, 10)
	for i := range keys {
		keys[i] = &contextKey{strconv.Itoa(i)}
	}

	return batched(func() {
		for i := range s.contexts {
			ctx := s.parent
			for _, key := range keys {
				ctx = context.WithValue(ctx, key, i)
			}
			s.contexts[i] = ctx
		}
	})
}

func request(size int) func() float64 {
	s := newServer()
	s.addOthers(size)

	return batched(func() {
		for i := range s.cancels {
			ctx, cancel := context.WithTimeout(s.parent, s.timeouts[i])
			ctx = context.WithValue(ctx, userKey{}, users[i%len(users)])
			ctx = context.WithValue(ctx, attemptKey{}, i)
			s.contexts[i], s.cancels[i] = ctx, cancel
		}
		for _, ctx := range s.contexts {
			sinkBool = ctx.Err() != nil
			sinkString = ctx.Value(userKey{}).(string)
			sinkBool = ctx.Err() != nil
			sinkBool = ctx.Err() != nil
			sinkInt = ctx.Value(attemptKey{}).(int)
			sinkBool = ctx.Err() != nil
			sinkBool = ctx.Err() != nil
		}
		s.endAll()
	})
}

// Err is what Go programs poll; a select on Done would make a channel for each.
func isDone(size int) func() float64 {
	s := newServer()
	for i := range s.cancels {
		s.contexts[i], s.cancels[i] = context.WithCancel(s.parent)
	}

	return batched(func() {
		for _, ctx := range s.contexts {
			sinkBool = ctx.Err() != nil
		}
	})
}

func isDoneDeadline(size int) func() float64 {
	s := newServer()
	for i := range s.cancels {
		s.contexts[i], s.cancels[i] = context.WithTimeout(s.parent, s.timeouts[i])
	}

	return batched(func() {
		for _, ctx := range s.contexts {
			sinkBool = ctx.Err() != nil
		}
	})
}

// The value that is looked up is the one that was set first, size deep.
func lookup(size int) func() float64 {
	ctx := context.Background()
	keys := make([]*contextKey, size)
	for i := range keys {
		keys[i] = &contextKey{strconv.Itoa(i)}
		ctx = context.WithValue(ctx, keys[i], i)
	}

	return batched(func() {
		for i := 0; i < inFlight; i++ {
			sinkInt = ctx.Value(keys[0]).(int)
		}
	})
}

// As many children are cancelled in fans of any size: no size has a cache to
// itself. What making them has left to the collector is collected before the
// clock runs.
func cancel(size int) func() float64 {
	fans := 1
	if size < 100000 {
		fans = 100000 / size
	}
	cancels := make([]context.CancelFunc, fans)
	children := make([]context.CancelFunc, fans*size)

	return func() float64 {
		for i := range cancels {
			var parent context.Context
			parent, cancels[i] = context.WithCancel(context.Background())
			for j := 0; j < size; j++ {
				_, children[i*size+j] = context.WithCancel(parent)
			}
		}
		runtime.GC()

		start := time.Now()
		for _, cancel := range cancels {
			cancel()
		}
		elapsed := time.Since(start)

		for _, cancel := range children {
			cancel()
		}

		return float64(elapsed.Nanoseconds()) / float64(fans*size)
	}
}

var cases = map[string]func(size int) func() float64{
	"cancel":           cancel,
	"is-done":          isDone,
	"is-done-deadline": isDoneDeadline,
	"lookup":           lookup,
	"request":          request,
	"scope":            scope,
	"ten-values":       tenValues,
	"timeout":          timeout,
	"value":            value,
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "version" {
		fmt.Println(runtime.Version())
		return
	}
	if len(os.Args) != 3 || cases[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: gctx-bench-go NAME SIZE")
		os.Exit(1)
	}
	size, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	round := cases[os.Args[1]](size)
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(round())
	}
}
