// The parts of a word count in Go, with nothing but the standard library. Arguments: the role, and for the spout a text.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

var in, out = bufio.NewReaderSize(os.Stdin, 1<<16), bufio.NewWriter(os.Stdout)

type message struct {
	ID, Stream, Command, PidDir string
	Tuple                       []json.RawMessage
}

// hear returns the next message that is no list of task ids.
func hear() (heard message) {
	var text []byte
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			os.Exit(0)
		}
		if string(line) != "end\n" {
			text = append(text, line...)
		} else if json.Unmarshal(text, &heard) == nil {
			return heard
		} else {
			text = nil
		}
	}
}

func say(members map[string]any) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.Encode(members)
	out.WriteString("end\n")
	out.Flush()
}

func note(words ...string) {
	journal, _ := os.OpenFile(os.Getenv("JOURNAL"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	line := bytes.Buffer{}
	json.NewEncoder(&line).Encode(words)
	journal.Write(line.Bytes())
	journal.Close()
}

func bolt(role string, tuple message) {
	emit := func(stream string, values ...any) {
		say(map[string]any{"command": "emit", "tuple": values, "anchors": []string{tuple.ID}, "stream": stream})
	}
	var line string
	json.Unmarshal(tuple.Tuple[0], &line)
	switch order, _, _ := strings.Cut(line, " "); {
	case role == "count":
		note("word", line)
	case role == "relay":
		emit("default", tuple.Tuple[0], tuple.Tuple[1])
	case role == "split":
		for _, word := range strings.Fields(line) {
			emit("default", word)
		}
	case order == "!raise":
		say(map[string]any{"command": "error", "msg": "odd on purpose"})
		say(map[string]any{"command": "fail", "id": tuple.ID})
		return
	case order == "!exit":
		os.Exit(7)
	case order == "!wide":
		emit("default", "one", "too many")
	case order == "!nowhere":
		emit("nowhere", "lost")
	default:
		if order == "!print" {
			fmt.Println("printed by the odd one")
		}
		emit("default", line)
	}
	say(map[string]any{"command": "ack", "id": tuple.ID})
}

func spout(text string) {
	whole, _ := os.ReadFile(text)
	lines := strings.Split(strings.TrimSuffix(string(whole), "\n"), "\n")
	for next := 0; ; {
		heard := hear()
		switch {
		case heard.Command == "next" && next < len(lines):
			say(map[string]any{"command": "emit", "tuple": []string{lines[next]}, "id": fmt.Sprint("line ", next), "need_task_ids": false})
			next++
		case heard.Command == "ack" || heard.Command == "fail":
			note(heard.Command+"ed", heard.ID)
		}
		say(map[string]any{"command": "sync"})
	}
}

func main() {
	if dir := hear().PidDir; dir != "" {
		os.WriteFile(fmt.Sprintf("%s/%d", dir, os.Getpid()), nil, 0o644)
	}
	say(map[string]any{"pid": os.Getpid()})
	if os.Args[1] == "spout" {
		spout(os.Args[2])
	}
	for {
		if tuple := hear(); tuple.Stream == "__heartbeat" {
			say(map[string]any{"command": "sync"})
		} else {
			bolt(os.Args[1], tuple)
		}
	}
}
