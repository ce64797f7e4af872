// Viewer request of a single-page site. The app's router owns every path whose last part has no dot, so those get
// index.html; a path with an extension is a file, and if it is not there its 404 must be seen.
function handler(event) {
  var request = event.request;
  var lastPart = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (lastPart.indexOf('.') === -1) {
    request.uri = '/index.html';
  }
  return request;
}
