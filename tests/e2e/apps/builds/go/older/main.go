// A program in a folder of the module: CodeUri names this folder, and go.mod is above it.
package main

import (
	"context"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
)

func handle(context.Context) (map[string]string, error) {
	layer, err := os.ReadFile("/opt/share/name.txt")
	return map[string]string{"layer": strings.TrimSpace(string(layer))}, err
}

func main() { lambda.Start(handle) }
