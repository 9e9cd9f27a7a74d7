package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Script is what eval reads: series, and expressions over them.
type Script struct {
	// Series in the notation of promtool's unit tests: `name{label="value"} 0+10x60`.
	Series      []string `json:"series"`
	StepSeconds int64    `json:"stepSeconds"`
	// AtSeconds is when the expressions are evaluated, from the first sample on.
	AtSeconds int64    `json:"atSeconds"`
	Exprs     []string `json:"exprs"`
}

// Sample is one series of a result.
type Sample struct {
	Labels map[string]string `json:"labels"`
	// Value is a text, for JSON has no NaN and no infinity.
	Value string `json:"value"`
}

func eval(in io.Reader, out io.Writer) error {
	var script Script
	if err := json.NewDecoder(in).Decode(&script); err != nil {
		return err
	}
	series, err := load(script)
	if err != nil {
		return err
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute})
	results := [][]Sample{}
	for _, expr := range script.Exprs {
		query, err := engine.NewInstantQuery(context.Background(), series, nil, expr, time.Unix(script.AtSeconds, 0))
		if err != nil {
			return fmt.Errorf("%w in %s", err, expr)
		}
		vector, err := query.Exec(context.Background()).Vector()
		if err != nil {
			return fmt.Errorf("%w in %s", err, expr)
		}
		samples := []Sample{}
		for _, sample := range vector {
			samples = append(samples, Sample{sample.Metric.Map(), fmt.Sprint(sample.F)})
		}
		results = append(results, samples)
	}
	return json.NewEncoder(out).Encode(results)
}

func load(script Script) (memory, error) {
	var all memory
	for _, text := range script.Series {
		metric, values, err := parser.ParseSeriesDesc(text)
		if err != nil {
			return nil, fmt.Errorf("%w in %s", err, text)
		}
		var samples []chunks.Sample
		for i, value := range values {
			if !value.Omitted {
				samples = append(samples, sample{int64(i) * script.StepSeconds * 1000, value.Value})
			}
		}
		all = append(all, storage.NewListSeries(metric, samples))
	}
	return all, nil
}

// memory is a Prometheus of a few series.
type memory []storage.Series

func (m memory) Querier(_, _ int64) (storage.Querier, error) { return querier{all: m}, nil }

type querier struct {
	storage.LabelQuerier
	all memory
}

func (q querier) Close() error { return nil }

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{next: -1}
	for _, series := range q.all {
		if matches(series.Labels(), matchers) {
			set.all = append(set.all, series)
		}
	}
	return set
}

func matches(metric labels.Labels, matchers []*labels.Matcher) bool {
	for _, matcher := range matchers {
		if !matcher.Matches(metric.Get(matcher.Name)) {
			return false
		}
	}
	return true
}

type seriesSet struct {
	all  []storage.Series
	next int
}

func (s *seriesSet) Next() bool                        { s.next++; return s.next < len(s.all) }
func (s *seriesSet) At() storage.Series                { return s.all[s.next] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// sample is a float at a time in milliseconds.
type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
