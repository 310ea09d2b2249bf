// threads.go: goroutines that share a parent
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"context"
	"sync"
	"time"
)

func init() {
	cases["threads"] = threads
}

// threads answers in thousands per second, of all goroutines together. Each
// says by its own clock what it got done.
func threads(size int) func() float64 {
	s := newServer()

	work := func() float64 {
		cancels := make([]context.CancelFunc, inFlight)
		start := time.Now()
		done := 0
		for time.Since(start) < 3*roundTime {
			for i := range cancels {
				_, cancels[i] = context.WithCancel(s.parent)
			}
			for _, i := range s.order {
				cancels[i]()
			}
			done += inFlight
		}

		return float64(done) / time.Since(start).Seconds() / 1000
	}

	return func() float64 {
		var all sync.WaitGroup
		perSecond := make([]float64, size)
		start := make(chan struct{})
		for i := range perSecond {
			all.Add(1)
			go func(i int) {
				defer all.Done()
				<-start
				perSecond[i] = work()
			}(i)
		}
		close(start)
		all.Wait()

		sum := 0.0
		for _, part := range perSecond {
			sum += part
		}

		return sum
	}
}
