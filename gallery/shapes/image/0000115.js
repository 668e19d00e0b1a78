deconvvizImage({"number":115,"units":[[3,84,8,0.866,[72,32,117,77],0.02202]],"file":"house 115","class":"house","rows":112,"columns":112,"before":114,"after":117});
