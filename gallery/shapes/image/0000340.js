deconvvizImage({"number":340,"units":[[4,36,7,0.685,[18,50,59,91],0.0433]],"file":"fish 340","class":"fish","rows":112,"columns":112,"before":337,"after":341});
