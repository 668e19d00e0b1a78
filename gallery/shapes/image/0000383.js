deconvvizImage({"number":383,"units":[[3,18,6,0.849,[-16,48,29,93],0.04028]],"file":"ladybird 383","class":"ladybird","rows":112,"columns":112,"before":381,"after":385});
