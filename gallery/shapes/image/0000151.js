deconvvizImage({"number":151,"units":[[4,16,1,0.697,[45,21,96,72],0.1296]],"file":"snail 151","class":"snail","rows":112,"columns":112,"before":150,"after":152});
