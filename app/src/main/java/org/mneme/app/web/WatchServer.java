package org.mneme.app.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// Serves the page that follows runs, to this machine alone.
///
/// A request names a run by its id, never by a path: nothing but the files of runs, and the page's
/// own, can be asked for. Requests under another name than localhost are refused, so that no site
/// can reach it through the user's browser.
public final class WatchServer implements AutoCloseable {
  private static final int THREADS = 4;
  private static final String HTML = "text/html; charset=utf-8";

  /// Nothing from elsewhere; pages of runs have their styles and script inside.
  private static final String POLICY =
      "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'";

  /// The page's files: path to type and resource. The look is that of the pages of reports.
  private static final Map<String, Resource> FILES =
      Map.of(
          "/", new Resource(HTML, "/org/mneme/app/web/watch.html"),
          "/watch.css", new Resource("text/css", "/org/mneme/app/web/watch.css"),
          "/chart.css", new Resource("text/css", "/org/mneme/report/chart.css"),
          "/page.css", new Resource("text/css", "/org/mneme/report/page.css"),
          "/watch.js", new Resource("text/javascript", "/org/mneme/app/web/watch.js"),
          "/runs.js", new Resource("text/javascript", "/org/mneme/app/web/runs.js"),
          "/chart.js", new Resource("text/javascript", "/org/mneme/app/web/chart.js"));

  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final RunCatalog catalog;
  private final RunAnswers answers;

  private record Resource(String type, String name) {}

  /// Starts to serve.
  ///
  /// @param places runs and folders of runs
  /// @param port 0 for any that is free
  /// @throws InvalidInputException of kind ENVIRONMENT where the port is taken
  public WatchServer(List<Path> places, int port) {
    catalog = new RunCatalog(places);
    answers = new RunAnswers(catalog);
    try {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      server = HttpServer.create(address, 0);
    } catch (IOException e) {
      threads.shutdown();
      throw new InvalidInputException(
          Kind.ENVIRONMENT,
          "--port",
          "port " + port + " cannot be had (" + e.getMessage() + "); choose another with --port",
          e);
    }
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /// Where the page is.
  public URI address() {
    return URI.create("http://localhost:" + server.getAddress().getPort() + "/");
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = answer(exchange);
      } catch (IOException | RuntimeException e) {
        answer = Answer.text(500, String.valueOf(e.getMessage()));
      }
      send(exchange, answer);
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    if (!isOwn(exchange.getRequestHeaders().getFirst("Host"))) {
      return Answer.text(403, "this page is at " + address());
    }
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return Answer.text(405, "only GET");
    }
    String path = exchange.getRequestURI().getPath();
    Resource file = FILES.get(path);
    if (file != null) {
      return new Answer(200, file.type, resource(file.name));
    }
    Query query = Query.of(exchange.getRequestURI());
    return switch (path) {
      case "/api/runs" -> Answer.json(answers.runs());
      case "/api/run" -> found(answers.run(query));
      case "/api/lines" -> found(answers.lines(query));
      case "/api/compare" -> found(answers.compare(query));
      case "/report" -> report(query);
      default -> Answer.text(404, "there is no " + path);
    };
  }

  private static Answer found(Optional<?> value) {
    return value.map(Answer::json).orElseGet(() -> Answer.text(404, "there is no such run"));
  }

  private Answer report(Query query) throws IOException {
    Path page =
        catalog
            .folder(query.first("id"))
            .map(run -> run.resolve("report.html"))
            .orElse(Path.of(""));
    return Files.isRegularFile(page)
        ? new Answer(200, HTML, Files.readAllBytes(page))
        : Answer.text(404, "the run has no page yet");
  }

  /// Whether a browser was asked for this machine.
  private boolean isOwn(@Nullable String host) {
    int port = server.getAddress().getPort();
    return host != null
        && List.of("localhost:" + port, "127.0.0.1:" + port, "[::1]:" + port).contains(host);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = WatchServer.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is missing; build Mneme anew");
      }
      return in.readAllBytes();
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.type());
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Content-Security-Policy", POLICY);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(
        answer.status(), head || answer.body().length == 0 ? -1 : answer.body().length);
    if (!head) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(answer.body());
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
