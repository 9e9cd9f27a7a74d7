// Promcheck is to Prometheus rules and dashboards what a compiler is to code; what promtool does of it, on the same
// parsers, without the service discovery of a dozen clouds that promtool has in it.
//
//	promcheck rules FILE   an alert or recording rule per line, as JSON: its name, and the expression
//	promcheck exprs        reads a JSON array of expressions; prints the series that each selects, as JSON
//	promcheck eval         reads series and expressions as JSON; prints what Prometheus' engine makes of them
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selector is a series selector in an expression.
type Selector struct {
	Metric string `json:"metric"`
	// Labels are the names that the selector matches by.
	Labels []string `json:"labels"`
}

// Expression is what a PromQL expression reads.
type Expression struct {
	Expr      string     `json:"expr"`
	Selectors []Selector `json:"selectors"`
	// Grouping has the names of labels that it aggregates or joins by.
	Grouping []string `json:"grouping"`
}

// Rule is an alert or a recording rule.
type Rule struct {
	Name        string            `json:"name"`
	Expr        string            `json:"expr"`
	Annotations map[string]string `json:"annotations"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "rules":
		return rules(args[1])
	case len(args) == 1 && args[0] == "exprs":
		return exprs()
	case len(args) == 1 && args[0] == "eval":
		return eval(os.Stdin, os.Stdout)
	}
	return errors.New("usage: promcheck rules FILE | exprs | eval")
}

func rules(file string) error {
	groups, errs := rulefmt.ParseFile(file, false, model.UTF8Validation)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	found := []Rule{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			found = append(found, Rule{rule.Alert + rule.Record, rule.Expr, rule.Annotations})
		}
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func exprs() error {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		return err
	}
	found := []Expression{}
	for _, text := range texts {
		expression, err := read(text)
		if err != nil {
			return fmt.Errorf("%w in %s", err, text)
		}
		found = append(found, expression)
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func read(text string) (Expression, error) {
	result := Expression{Expr: text, Selectors: []Selector{}, Grouping: []string{}}
	tree, err := parser.ParseExpr(text)
	if err != nil {
		return result, err
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			result.Selectors = append(result.Selectors, selector(node))
		case *parser.AggregateExpr:
			result.Grouping = append(result.Grouping, node.Grouping...)
		case *parser.BinaryExpr:
			if node.VectorMatching != nil {
				result.Grouping = append(result.Grouping, node.VectorMatching.MatchingLabels...)
			}
		}
		return nil
	})
	return result, nil
}

func selector(node *parser.VectorSelector) Selector {
	found := Selector{Labels: []string{}}
	for _, matcher := range node.LabelMatchers {
		if matcher.Name == labels.MetricName {
			found.Metric = matcher.Value
		} else {
			found.Labels = append(found.Labels, matcher.Name)
		}
	}
	return found
}
