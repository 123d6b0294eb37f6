package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class HtmlWriterTest {
  static Stream<Page> pages() {
    return Stream.of(
        ReportSamples.comparison(), ReportSamples.inspection(), ReportSamples.awkward());
  }

  private static Document parse(String xml) throws Exception {
    var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    builder.setErrorHandler(null);
    return builder.parse(new InputSource(new StringReader(xml)));
  }

  private static List<Element> elements(Document document, String tag) {
    NodeList nodes = document.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyPageIsWellFormed(Page page) throws Exception {
    assertEquals("html", parse(HtmlWriter.html(page)).getDocumentElement().getTagName());
  }

  @ParameterizedTest
  @MethodSource("pages")
  void pagesFetchNothing(Page page) {
    String html = HtmlWriter.html(page).replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for (String fetch : List.of("http:", "https:", "@import", "src=", "<link", "url(\"")) {
      assertFalse(html.contains(fetch), fetch);
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void noNumberOfADrawingIsMissing(Page page) throws Exception {
    for (Element element : elements(parse(HtmlWriter.html(page)), "*")) {
      for (int i = 0; i < element.getAttributes().getLength(); i++) {
        String value = element.getAttributes().item(i).getNodeValue();
        assertFalse(value.matches("(?s).*(NaN|Infinity).*"), element.getTagName() + " " + value);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void identifiersAreUniqueAndReferencesKnown(Page page) throws Exception {
    Set<String> ids = new HashSet<>();
    List<Element> all = elements(parse(HtmlWriter.html(page)), "*");
    for (Element element : all) {
      String id = element.getAttribute("id");
      assertTrue(id.isEmpty() || ids.add(id), id);
    }
    for (Element element : all) {
      String references = element.getAttribute("aria-labelledby");
      for (String id : references.isEmpty() ? new String[0] : references.split(" ")) {
        assertTrue(ids.contains(id), id);
      }
      String href = element.getAttribute("href");
      assertTrue(href.isEmpty() || ids.contains(href.substring(1)), href);
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyChartHasTitleDescriptionAndTable(Page page) throws Exception {
    for (Element figure : elements(parse(HtmlWriter.html(page)), "figure")) {
      if (!figure.getAttribute("class").equals("chart")) {
        continue;
      }
      // a short one is there twice, for wide and for narrow pages
      assertTrue(figure.getElementsByTagName("table").getLength() > 0);
      for (int i = 0; i < 2; i++) {
        Element svg = (Element) figure.getElementsByTagName("svg").item(i);
        assertEquals("title", svg.getFirstChild().getNodeName());
        assertFalse(svg.getElementsByTagName("desc").item(0).getTextContent().isBlank());
      }
    }
  }

  @Test
  void everySeriesIsDrawnNamedAndInTheTable() throws Exception {
    Document document = parse(HtmlWriter.html(ReportSamples.comparison()));
    List<String> lines =
        elements(document, "path").stream().map(path -> path.getAttribute("data-label")).toList();
    List<String> names = elements(document, "text").stream().map(Element::getTextContent).toList();
    List<String> headings =
        elements(document, "bdi").stream().map(Element::getTextContent).toList();
    for (String run : List.of("full", "dense", "memory")) {
      for (String name : List.of(run + ", training", run + ", evaluated")) {
        assertEquals(2, lines.stream().filter(name::equals).count(), name);
        assertEquals(2, names.stream().filter(name::equals).count(), name);
        assertTrue(headings.contains(name), name);
      }
    }
  }

  @Test
  void aVariantKeepsItsColour() {
    ReportPage page = new ReportPage("", "").comparison(ReportSamples.variants());
    assertEquals(Tone.of(2), page.tone("memory"));
    page.losses(Axis.of("step", Unit.COUNT), ReportSamples.losses().reversed());
    assertEquals(Tone.of(2), page.tone("memory"));
  }

  @Test
  void namesOfLinesThatMeetAreWrittenAlongThem() throws Exception {
    Chart chart =
        new LineChart(
            "",
            Axis.of("x", Unit.PLAIN),
            Axis.of("y", Unit.PLAIN),
            List.of(line("upper", 0.9), line("lower", 0.2)),
            List.of());
    for (Element text : elements(parse(HtmlWriter.svg(chart)), "text")) {
      boolean name = List.of("upper", "lower").contains(text.getTextContent());
      assertTrue(!name || Double.parseDouble(text.getAttribute("x")) < 700);
    }
  }

  @Test
  void theNameOfALineThatEndsEarlyStandsBehindItsEnd() throws Exception {
    Series early =
        new Series(
            "early", new double[] {0, 0.2}, new double[] {0, 1}, Series.Style.solid(Tone.BLUE));
    Chart chart =
        new LineChart(
            "",
            Axis.of("x", Unit.PLAIN),
            Axis.of("y", Unit.PLAIN),
            List.of(early, line("late", 0.2)),
            List.of());
    Document svg = parse(HtmlWriter.svg(chart));
    for (Element text : elements(svg, "text")) {
      boolean name = text.getTextContent().equals("early");
      assertTrue(!name || Double.parseDouble(text.getAttribute("x")) < 300);
    }
    assertTrue(
        elements(svg, "path").stream()
            .noneMatch(path -> path.getAttribute("class").contains("leader")));
  }

  private static Series line(String label, double middle) {
    double[] y = {0, middle, 1};
    return new Series(label, new double[] {0, 0.5, 1}, y, Series.Style.solid(Tone.BLUE));
  }

  @Test
  void textIsEscapedEverywhere() {
    String html = HtmlWriter.html(ReportSamples.awkward());
    assertFalse(html.contains("<script>alert"));
    assertTrue(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
    assertTrue(html.contains("שלום"));
    assertTrue(html.contains("😀"));
  }

  @Test
  void samplesAreWrittenForTheEye() throws Exception {
    Path folder = Path.of("target/report-samples");
    ReportSamples.write(folder);
    assertTrue(Files.size(folder.resolve("comparison.html")) < 400_000);
    parse(Files.readString(folder.resolve("dumbbells.svg")));
  }

  @Test
  void writingReplacesTheFileAndLeavesNothingElse(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("new/report.html");
    HtmlWriter.write(new Page("first", "", List.of()), file);
    HtmlWriter.write(new Page("second", "", List.of()), file);
    assertTrue(Files.readString(file).contains("<h1 dir=\"auto\">second</h1>"));
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertEquals(List.of(file), files.toList());
    }
  }
}
