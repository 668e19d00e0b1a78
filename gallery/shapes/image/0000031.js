deconvvizImage({"number":31,"units":[[0,5,6,0.949,[79,93,86,100],0.00405]],"file":"house 31","class":"house","rows":112,"columns":112,"before":30,"after":33});
