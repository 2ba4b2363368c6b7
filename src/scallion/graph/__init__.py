"""Graphs of layers: order, summary, drawing, config."""

from scallion.graph.graph import Graph

__all__ = ["Graph"]
