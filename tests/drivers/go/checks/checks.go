// Package checks has what the programs here share: each check prints one line of JSON, and an error that none expects
// ends the program.
package checks

import (
	"encoding/json"
	"fmt"
	"os"
)

// Check prints what answer gives.
func Check(name string, answer func() any) {
	line, err := json.Marshal(struct {
		Name   string `json:"check"`
		Answer any    `json:"answer"`
	}{name, answer()})
	Must(err)
	fmt.Println(string(line))
}

// Must ends the program with an error that no check expects.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Of gives the value, or ends the program.
func Of[T any](value T, err error) T {
	Must(err)
	return value
}

// Refusal says how the server refused.
func Refusal(err error) string {
	if err == nil {
		return "not refused"
	}
	return err.Error()
}

// Address is where to connect to, with whom.
var Address, User, Password = os.Args[1], os.Getenv("DB_USER"), os.Getenv("DB_PASSWORD")
