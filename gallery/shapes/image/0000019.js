deconvvizImage({"number":19,"units":[[0,18,4,0.884,[13,75,20,82],0.3377]],"file":"ladybird 19","class":"ladybird","rows":112,"columns":112,"before":15,"after":20});
