deconvvizImage({"number":402,"units":[[2,3,5,0.768,[76,28,113,65],0.06938]],"file":"castle 402","class":"castle","rows":112,"columns":112,"before":400,"after":403});
