deconvvizImage({"number":380,"units":[[4,11,7,0.692,[75,19,130,74],0.05246]],"file":"sailboat 380","class":"sailboat","rows":112,"columns":112,"before":377,"after":381});
