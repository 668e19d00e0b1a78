deconvvizImage({"number":230,"units":[[3,71,5,0.802,[22,22,71,71],0.06543],[4,11,8,0.667,[27,27,82,82],0.05225]],"file":"owl 230","class":"owl","rows":112,"columns":112,"before":229,"after":231});
