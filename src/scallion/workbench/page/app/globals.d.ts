// uPlot comes as a script of its own, before the modules.
declare const uPlot: typeof import("uplot").default;
