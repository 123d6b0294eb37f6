package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class HtmlWriterTest {
  static Stream<Page> pages() {
    return Stream.of(
        ReportSamples.comparison(), ReportSamples.inspection(), ReportSamples.awkward());
  }

  static Document parse(String xml) throws Exception {
    var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    builder.setErrorHandler(null);
    return builder.parse(new InputSource(new StringReader(xml)));
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
