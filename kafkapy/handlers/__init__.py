"""One module per API: each has `handle(request, context)`, which answers all its versions."""
