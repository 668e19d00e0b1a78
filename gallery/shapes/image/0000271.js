deconvvizImage({"number":271,"units":[[3,18,8,0.822,[16,64,61,109],0.04588]],"file":"ladybird 271","class":"ladybird","rows":112,"columns":112,"before":269,"after":272});
