package org.mneme.text;

import java.util.List;

/// A long text in overlapping pieces. Window `i` has the tokens of the text from `i * step` up to,
/// not including, `i * step + room`, as far as there are any.
///
/// @param windows at least one
/// @param room how many tokens of the text fit into a window
/// @param step how many tokens lie between the beginnings of two windows
public record TokenWindows(List<Encoding> windows, int room, int step) {}
