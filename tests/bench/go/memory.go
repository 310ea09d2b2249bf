// memory.go: what live contexts hold
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

const live = 1000000

func init() {
	cases["memory"] = memory
	cases["live"] = liveContexts
}

// memory answers in bytes. Each round is a process of its own: this program
// again, which is asked once.
func memory(size int) func() float64 {
	return func() float64 {
		program, err := os.Executable()
		if err != nil {
			return math.NaN()
		}
		child := exec.Command(program, "live", "0")
		child.Stdin = strings.NewReader("\n")
		said, err := child.Output()
		if err != nil {
			return math.NaN()
		}
		lines := strings.Fields(string(said))
		bytes, err := strconv.ParseFloat(lines[len(lines)-1], 64)
		if err != nil {
			return math.NaN()
		}

		return bytes
	}
}

var residentLine = regexp.MustCompile(`RssAnon:\s*(\d+) kB`)

func residentBytes() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	found := residentLine.FindSubmatch(status)
	if found == nil {
		return math.NaN()
	}
	kilobytes, _ := strconv.ParseFloat(string(found[1]), 64)

	return 1024 * kilobytes
}

// liveContexts answers with the resident growth over a million of them, the
// collector's room included: a Go program has that, too. The slices are there
// before, and written to.
func liveContexts(size int) func() float64 {
	return func() float64 {
		s := newServer()
		timeouts := shuffledTimeouts(live)
		contexts := make([]context.Context, live)
		cancels := make([]context.CancelFunc, live)
		for i := range contexts {
			contexts[i] = s.parent
			cancels[i] = s.cancel
		}

		before := residentBytes()
		for i, timeout := range timeouts {
			contexts[i], cancels[i] = context.WithTimeout(s.parent, timeout)
		}
		s.contexts, s.cancels = contexts, cancels
		bytes := (residentBytes() - before) / live
		sinkBool = s.contexts[live-1].Err() != nil

		return bytes
	}
}
