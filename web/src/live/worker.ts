/** The shared worker: one stream for all tabs of this browser. */

/// <reference lib="webworker" />

export {};
