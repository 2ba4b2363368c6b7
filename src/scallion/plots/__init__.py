"""Matplotlib figures: learning curves, evaluation, explanation of predictions, network diagrams."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "LinePanel": ".line_panels",
    "PngFigure": ".png_figure",
    "activation_figure": ".network_figures",
    "confusion_figure": ".confusion_matrix",
    "describe_curves": ".curve_descriptions",
    "evaluation_figures": ".evaluation",
    "explanation_figure": ".network_figures",
    "filter_figure": ".network_figures",
    "image_grid_figure": ".image_grid",
    "line_panels_png": ".line_panels",
    "mistake_figure": ".image_grid",
    "plot": ".learning_curves",
    "plot_model": ".network_diagram",
    "plot_runs": ".run_comparison",
    "read_history": ".history",
    "render": ".png_figure",
    "reliability_figure": ".reliability_diagram",
    "save_curves": ".learning_curves",
    "save_figures": ".png_figure",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.plots", _HOMES)
