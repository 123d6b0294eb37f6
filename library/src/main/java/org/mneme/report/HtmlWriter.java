package org.mneme.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Writes a [Page] as one HTML file that fetches nothing: styles, charts and the few lines of
/// script are inside. It is complete without the script, follows the reader's light or dark
/// setting, and prints.
public final class HtmlWriter {
  private HtmlWriter() {}

  /// Writes `page` to `file`, whose folder is made if need be. A reader never sees half a file: the
  /// text goes to a temporary file beside it, which then takes its name.
  public static void write(Page page, Path file) throws IOException {
    replace(file, html(page));
  }

  /// Writes `chart` alone as an SVG file that follows light and dark by itself.
  public static void writeSvg(Chart chart, Path file) throws IOException {
    replace(file, svg(chart));
  }

  /// The text of the file that [#write] would write.
  public static String html(Page page) {
    Markup out = new Markup();
    out.raw("<!DOCTYPE html>\n").open("html", "lang", "en");
    out.open("head").empty("meta", "charset", "utf-8");
    out.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    out.empty("meta", "name", "color-scheme", "content", "light dark");
    out.empty("meta", "name", "generator", "content", "Mneme");
    out.element("title", page.title());
    out.open("style").raw("\n" + resource("chart.css") + resource("page.css")).close("style");
    out.close("head").open("body").open("main");
    new HtmlSections(out).page(page);
    out.close("main");
    out.open("script").raw("\n" + resource("hover.js")).close("script");
    return out.close("body").close("html").finish() + "\n";
  }

  /// The text of the file that [#writeSvg] would write.
  public static String svg(Chart chart) {
    Canvas canvas = new Canvas(Canvas.Size.WIDE, "chart");
    return ChartText.draw(chart, canvas, "\n" + resource("chart.css")) + "\n";
  }

  private static void replace(Path file, String text) throws IOException {
    Path target = file.toAbsolutePath();
    Path folder = target.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Path fresh = target.resolveSibling(target.getFileName() + ".part");
    try {
      Files.writeString(fresh, text);
      Files.move(
          fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static String resource(String name) {
    try (InputStream in = HtmlWriter.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the library lacks its file " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
