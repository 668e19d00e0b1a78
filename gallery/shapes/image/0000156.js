deconvvizImage({"number":156,"units":[[4,18,0,1.0,[21,37,72,88],0.01581]],"file":"sailboat 156","class":"sailboat","rows":112,"columns":112,"before":155,"after":157});
