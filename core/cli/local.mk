# The tool: public headers and base only.
