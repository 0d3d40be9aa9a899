#!/usr/bin/python3
"""Draws the curves of a bench run: plot.py BENCH.json FOLDER

rate.svg      orders per second until counted, by orders in flight
latency.svg   p50 and p99 of a call, by orders in flight
counted.svg   from the answer until counted, p50 and p99
cpu.svg       CPU time of an order, by part
"""

import json
import math
import sys
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 800, 400
LEFT, RIGHT, TOP, BOTTOM = 84, 240, 44, 52  # margins; the legend stands in the right one
COLOURS = ["#1b6ca8", "#c8553d", "#3a7d44", "#8e5ea2", "#b8860b", "#555555", "#2a9d8f", "#d1495b"]
WAYS = [(database, way) for database in ("PostgreSQL", "SQLite") for way in ("PlaceOrder", "PlaceOrders")]
PARTS = ["tally", "order_service", "PostgreSQL", "nats-server", "activity_service"]


def number(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def ticks_of(low, high, logarithmic):
    if logarithmic:
        return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    step = 10.0 ** math.floor(math.log10(high))
    step = next(step * factor for factor in (0.1, 0.2, 0.5, 1, 2) if high / (step * factor) <= 6)
    return [step * i for i in range(int(high / step) + 2)]


class Chart:
    """A frame with axes into which things are drawn; x in powers of two."""

    def __init__(self, title, y_title, xs, y_low, y_high, logarithmic=False):
        self.logarithmic = logarithmic
        self.xs = sorted(xs)
        ticks = ticks_of(y_low, y_high, logarithmic)
        self.low, self.high = ticks[0], ticks[-1]
        self.legend = 0
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
            f'<text x="18" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" '
            f'transform="rotate(-90 18 {(TOP + HEIGHT - BOTTOM) / 2})">{escape(y_title)}</text>',
            f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">orders in flight</text>',
        ]
        for tick in ticks:
            y = self.y(tick)
            self.parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
            self.parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(tick)}</text>')
        for x in self.xs:
            self.parts.append(f'<text x="{self.x(x):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{x}</text>')

    def x(self, value):
        span = math.log2(self.xs[-1] / self.xs[0]) or 1
        return LEFT + 24 + math.log2(value / self.xs[0]) / span * (WIDTH - LEFT - RIGHT - 48)

    def y(self, value):
        scale = math.log10 if self.logarithmic else float
        share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def name(self, label, colour, dashed=False):
        y = TOP + 8 + 20 * self.legend
        self.legend += 1
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<line x1="{WIDTH - RIGHT + 12}" x2="{WIDTH - RIGHT + 36}" y1="{y}" y2="{y}" '
                          f'stroke="{colour}" stroke-width="3"{dash}/>')
        self.parts.append(f'<text x="{WIDTH - RIGHT + 42}" y="{y + 4}">{escape(label)}</text>')

    def curve(self, label, points, colour, dashed=False):
        """Points are (x, summary): the line goes through the medians, whiskers show the spread."""
        self.name(label, colour, dashed)
        path = " ".join(f"{self.x(x):.1f},{self.y(s['median']):.1f}" for x, s in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        for x, s in points:
            self.parts.append(f'<line x1="{self.x(x):.1f}" x2="{self.x(x):.1f}" y1="{self.y(s["min"]):.1f}" '
                              f'y2="{self.y(s["max"]):.1f}" stroke="{colour}" stroke-width="1"/>')
            self.parts.append(f'<circle cx="{self.x(x):.1f}" cy="{self.y(s["median"]):.1f}" r="3" fill="{colour}"/>')

    def pile(self, x, values, width):
        """Values, one upon the other, as (colour, value)."""
        base = 0.0
        for colour, value in values:
            top = self.y(base + value)
            self.parts.append(f'<rect x="{self.x(x) - width / 2:.1f}" y="{top:.1f}" width="{width}" '
                              f'height="{self.y(base) - top:.1f}" fill="{colour}"/>')
            base += value

    def write(self, path):
        path.write_text("\n".join([*self.parts, "</svg>"]) + "\n", encoding="utf-8")


def points_of(cases, database, way, measure):
    prefix = f"rates/{database}/{way}/"
    return sorted((int(name[len(prefix):]), measures[measure]) for name, measures in cases.items()
                  if name.startswith(prefix) and measure in measures)


def draw_lines(cases, path, title, y_title, measures, ways, logarithmic):
    """One colour for each way; the second measure dashed."""
    curves = [(f"{database} {way}" + (f", {label}" if label else ""), points_of(cases, database, way, measure), colour, i > 0)
              for (database, way), colour in zip(ways, COLOURS) for i, (label, measure) in enumerate(measures)]
    curves = [curve for curve in curves if curve[1]]
    if not curves:
        return
    summaries = [(x, s) for _, points, _, _ in curves for x, s in points]
    chart = Chart(title, y_title, {x for x, _ in summaries}, min(s["min"] for _, s in summaries),
                  max(s["max"] for _, s in summaries), logarithmic)
    for curve in curves:
        chart.curve(*curve)
    chart.write(path)


def draw_cpu(cases, path):
    """Not for few orders in flight: what does not depend on the load is then a multiple of all else."""
    piles = {}
    for part in PARTS:
        for x, summary in points_of(cases, "PostgreSQL", "PlaceOrder", f"cpu_ms_per_1000_orders.{part}"):
            if x >= 64:
                piles.setdefault(x, {})[part] = summary["median"]
    if not piles:
        return
    chart = Chart("CPU time of an order, PlaceOrder on PostgreSQL", "µs", piles, 0, max(sum(p.values()) for p in piles.values()))
    for part, colour in zip(PARTS, COLOURS):
        chart.name(part, colour)
    for x, pile in piles.items():
        chart.pile(x, [(colour, pile.get(part, 0)) for part, colour in zip(PARTS, COLOURS)], 48)
    chart.write(path)


def main():
    cases = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["cases"]
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    draw_lines(cases, folder / "rate.svg", "Orders per second until counted", "orders per second",
               [("", "orders_per_second")], WAYS, False)
    draw_lines(cases, folder / "latency.svg", "Latency of a call", "µs",
               [("p50", "p50_us"), ("p99", "p99_us")], WAYS, True)
    draw_lines(cases, folder / "counted.svg", "From the answer until the order is counted", "µs",
               [("p50", "counted_p50_us"), ("p99", "counted_p99_us")], WAYS, True)
    draw_cpu(cases, folder / "cpu.svg")


if __name__ == "__main__":
    main()
