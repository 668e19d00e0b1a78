deconvvizImage({"number":119,"units":[[2,93,1,0.804,[50,18,91,59],0.04294],[3,3,5,0.74,[72,40,117,85],0.03341]],"file":"clock 119","class":"clock","rows":112,"columns":112,"before":118,"after":120});
