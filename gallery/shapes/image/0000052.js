deconvvizImage({"number":52,"units":[[0,27,4,0.697,[61,75,68,82],0.2397],[3,11,2,0.845,[35,19,90,74],0.02599]],"file":"vase 52","class":"vase","rows":112,"columns":112,"before":51,"after":53});
