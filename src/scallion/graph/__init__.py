"""Graphs of layers: order of calls, nested models, summary and diagram."""

from scallion.graph.graph import Graph

__all__ = ["Graph"]
