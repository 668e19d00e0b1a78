deconvvizImage({"number":143,"units":[[4,4,6,0.779,[24,16,85,77],0.02007]],"file":"house 143","class":"house","rows":112,"columns":112,"before":141,"after":144});
