// A bolt in Go, with nothing but the standard library: counts words. All of Storm's protocol that a bolt needs is below.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

var in, out = bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)

// hear returns the next message: lines up to one that is "end".
func hear() (text []byte) {
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			os.Exit(0) // the host closed our input: an orderly end
		}
		if string(line) == "end\n" {
			return text
		}
		text = append(text, line...)
	}
}

func say(message map[string]any) {
	line, _ := json.Marshal(message)
	fmt.Fprintf(out, "%s\nend\n", line)
	out.Flush()
}

func main() {
	var setup struct{ PidDir string }
	json.Unmarshal(hear(), &setup)
	os.WriteFile(fmt.Sprintf("%s/%d", setup.PidDir, os.Getpid()), nil, 0o644)
	say(map[string]any{"pid": os.Getpid()})
	counts := map[string]int{}
	for {
		var tuple struct {
			ID, Stream string
			Tuple      []any
		}
		if json.Unmarshal(hear(), &tuple) != nil {
			continue // an array: task ids, which we do not ask for
		} else if tuple.Stream == "__heartbeat" {
			say(map[string]any{"command": "sync"})
		} else if word, is := tuple.Tuple[0].(string); is {
			counts[word]++
			say(map[string]any{"command": "emit", "tuple": []any{word, counts[word]}, "anchors": []string{tuple.ID}, "need_task_ids": false})
			say(map[string]any{"command": "ack", "id": tuple.ID})
		} else {
			say(map[string]any{"command": "fail", "id": tuple.ID})
		}
	}
}
