/// The local page that follows runs: a server for this machine alone, and what it serves.
@NullMarked
package org.mneme.app.web;

import org.jspecify.annotations.NullMarked;
