deconvvizImage({"number":103,"units":[[4,84,4,0.862,[50,74,91,115],0.0828]],"file":"ladybird 103","class":"ladybird","rows":112,"columns":112,"before":99,"after":105});
