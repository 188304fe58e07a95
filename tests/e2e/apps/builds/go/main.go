// A program with AWS's client for Go, and a file of its layer.
package main

import (
	"context"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
)

func handle(context.Context) (map[string]string, error) {
	layer, err := os.ReadFile("/opt/share/name.txt")
	if err != nil {
		return nil, err
	}
	rules, _ := os.ReadFile("/var/task/rules.txt")
	return map[string]string{"layer": strings.TrimSpace(string(layer)), "rules": string(rules)}, nil
}

func main() { lambda.Start(handle) }
