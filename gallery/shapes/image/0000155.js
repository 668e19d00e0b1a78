deconvvizImage({"number":155,"units":[[4,71,1,0.937,[-3,37,48,88],0.02866]],"file":"mushroom 155","class":"mushroom","rows":112,"columns":112,"before":154,"after":156});
