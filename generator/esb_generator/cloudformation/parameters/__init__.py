"""Values from outside of a template: parameters, a file of local values, and the other templates of a build."""
