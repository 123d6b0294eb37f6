package org.mneme.data.source;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The fields of one row, which quotes may spread over several lines.
final class CsvRow {
  /// No row is as long; what seems to be has a quote that nobody closed.
  private static final int MOST_CHARACTERS = 1 << 26;

  private final List<String> fields = new ArrayList<>();
  private StringBuilder field = new StringBuilder();
  private boolean open;
  private String problem = "";

  /// A row with tabs between fields that are never quoted.
  static CsvRow ofTabs(String line) {
    CsvRow row = new CsvRow();
    row.fields.addAll(Arrays.asList(line.split("\t", -1)));
    return row;
  }

  List<String> fields() {
    return fields;
  }

  /// Whether the row goes on in the next line.
  boolean isOpen() {
    return open;
  }

  boolean isBroken() {
    return !problem.isEmpty();
  }

  /// What is wrong; empty if nothing is.
  String problem() {
    return problem;
  }

  /// Ends an open row with the file.
  void endOfFile() {
    open = false;
    problem = "a quote that nothing closes";
  }

  /// Notes that a line between those that were added is missing.
  void lost() {
    problem = "a line of a quoted field is no UTF-8";
  }

  /// Adds the next line.
  void add(String line) {
    int at = 0;
    boolean more = true;
    while (more) {
      if (open) {
        field.append('\n');
        at = quoted(line, 0);
      } else if (at < line.length() && line.charAt(at) == '"') {
        at = quoted(line, at + 1);
      } else {
        at = plain(line, at);
      }
      more = !open && !isBroken() && endField(line, at);
      at++;
    }
  }

  /// Ends the field at `at`, where it has to; returns whether another follows.
  private boolean endField(String line, int at) {
    if (at < line.length() && line.charAt(at) != ',') {
      problem = "text behind a closing quote";
      return false;
    }
    fields.add(field.toString());
    field = new StringBuilder();
    return at < line.length();
  }

  /// Reads an unquoted field; returns where it ends.
  private int plain(String line, int from) {
    int comma = line.indexOf(',', from);
    int end = comma < 0 ? line.length() : comma;
    field.append(line, from, end);
    return end;
  }

  /// Reads on behind an opening quote; returns the place behind the closing one, or leaves the row
  /// open.
  private int quoted(String line, int from) {
    int at = from;
    while (true) {
      int quote = line.indexOf('"', at);
      if (quote < 0) {
        field.append(line, at, line.length());
        open = field.length() < MOST_CHARACTERS;
        if (!open) {
          problem = "a quote that nothing closes";
        }
        return line.length();
      }
      field.append(line, at, quote);
      if (quote + 1 < line.length() && line.charAt(quote + 1) == '"') {
        field.append('"');
        at = quote + 2;
      } else {
        open = false;
        return quote + 1;
      }
    }
  }
}
