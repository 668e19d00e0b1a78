deconvvizImage({"number":67,"units":[[1,18,7,0.871,[4,16,25,37],0.2447]],"file":"snail 67","class":"snail","rows":112,"columns":112,"before":66,"after":68});
