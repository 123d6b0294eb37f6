package org.mneme.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// An SVG of one width, in the pixels of the page. Colours and faces come from classes, see
/// `chart.css`.
final class Canvas {
  /// The two widths that every chart is drawn in.
  enum Size {
    WIDE(860),
    NARROW(380);

    final int width;

    Size(int width) {
      this.width = width;
    }

    String css() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Pixels of the letters.
  static final double LETTERS = 12.5;

  /// Height of the title of a drawing that stands alone.
  private static final double TITLE = 24;

  final Size size;
  final String id;
  private final Markup body = new Markup();
  private final List<String> data = new ArrayList<>();

  /// `id` begins every identifier of this drawing.
  Canvas(Size size, String id) {
    this.size = size;
    this.id = id;
  }

  int width() {
    return size.width;
  }

  boolean narrow() {
    return size == Size.NARROW;
  }

  Markup body() {
    return body;
  }

  /// A straight line.
  void line(String css, double x1, double y1, double x2, double y2) {
    body.empty("line", "class", css, "x1", n(x1), "y1", n(y1), "x2", n(x2), "y2", n(y2));
  }

  /// Text whose baseline is at `y`; `anchor` is start, middle or end.
  void text(String css, double x, double y, String anchor, String text) {
    body.element("text", text, "class", css, "x", n(x), "y", n(y), "text-anchor", anchor);
  }

  /// A path; nothing when `d` is empty.
  void path(String css, CharSequence d, String... more) {
    if (d.isEmpty()) {
      return;
    }
    String[] attributes = new String[more.length + 4];
    attributes[0] = "class";
    attributes[1] = css;
    attributes[2] = "d";
    attributes[3] = d.toString();
    System.arraycopy(more, 0, attributes, 4, more.length);
    body.empty("path", attributes);
  }

  void circle(String css, double x, double y, double radius) {
    body.empty("circle", "class", css, "cx", n(x), "cy", n(y), "r", n(radius));
  }

  void rectangle(String css, double x, double y, double width, double height) {
    body.empty(
        "rect",
        "class",
        css,
        "x",
        n(x),
        "y",
        n(y),
        "width",
        n(Math.max(0, width)),
        "height",
        n(Math.max(0, height)));
  }

  /// Adds `data-name` to the whole element, for the script.
  void data(String name, String value) {
    data.addAll(List.of("data-" + name, value));
  }

  /// The whole element, `height` pixels high. A `style` makes it stand alone: it is embedded, and
  /// the title is written above the drawing.
  String svg(double height, String title, String description, String style) {
    Markup out = new Markup();
    List<String> attributes = new ArrayList<>(List.of("xmlns", "http://www.w3.org/2000/svg"));
    attributes.addAll(List.of("class", "chart " + size.css()));
    boolean alone = !style.isEmpty();
    String box = alone ? standing(height) : "0 0 " + size.width + " " + n(height);
    attributes.addAll(List.of("viewBox", box, "role", "img"));
    attributes.addAll(List.of("aria-labelledby", id + "-title " + id + "-desc"));
    attributes.addAll(data);
    out.open("svg", attributes.toArray(String[]::new));
    out.element("title", title, "id", id + "-title");
    out.element("desc", description, "id", id + "-desc");
    if (alone) {
      out.open("style").raw(style).close("style");
      out.element("text", title, "class", "title", "x", "0", "y", n(-TITLE / 2));
    }
    return out.raw(body.finish()).close("svg").finish();
  }

  /// The box of a drawing with its title above it and some room all around.
  private String standing(double height) {
    double margin = 16;
    double above = TITLE + margin;
    return n(-margin)
        + " "
        + n(-above)
        + " "
        + n(size.width + 2 * margin)
        + " "
        + n(height + above + margin);
  }

  /// A coordinate, to a tenth of a pixel.
  static String n(double value) {
    double rounded = Math.rint(value * 10) / 10;
    return rounded == Math.rint(rounded) ? Long.toString((long) rounded) : Double.toString(rounded);
  }
}
