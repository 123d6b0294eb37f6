package org.mneme.report;

/// A number to take home.
///
/// @param label what it is: "facts remembered"
/// @param value the number with its unit: "61 %"
/// @param versus what to hold it against: "40 % without memory"; may be empty
/// @param note a word on how it was measured; may be empty
public record Card(String label, String value, String versus, String note) {}
